"""How results are shown: terminal and figures."""
