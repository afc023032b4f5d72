"""Where commits are kept when they are to outlive the process."""
