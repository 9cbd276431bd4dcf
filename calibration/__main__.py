"""`python -m calibration` is the command `rally-calibrate`."""

from calibration.cli import main

if __name__ == "__main__":
    main()
