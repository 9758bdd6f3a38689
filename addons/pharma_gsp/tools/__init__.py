"""Pure rules of the quality side (GSP); see each module."""
