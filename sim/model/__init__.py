"""What a rally is: scenario, rules, hazards, and the compiled plan."""
