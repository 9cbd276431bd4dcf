"""What a team looks at every evening: the odds, the risks of tomorrow, and what can be done about them tonight."""
