"""The demo: a real Home Assistant with a simulated street, started and set up through its own doors."""
