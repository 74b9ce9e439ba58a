"""The forms in which people say what is on their feed, and the checks that happen before anything is saved."""
