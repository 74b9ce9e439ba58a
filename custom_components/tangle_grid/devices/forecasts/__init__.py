"""Forecasts of sun and prices, as integrations give them, as even series in the grid's time.

Nothing is predicted here; what is missing stays missing. Begin with `source`.
"""
