"""The program and Google's emulator in real containers, on a real engine."""
