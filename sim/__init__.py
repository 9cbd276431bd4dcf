"""A discrete-event simulator of rally-raid endurance."""
