"""Forecasts of sun and prices, as integrations give them, as even series in the grid's time.

Begin with `source`.
"""
