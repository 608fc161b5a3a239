"""From the bedside records of CAR-T patients to a neurotoxicity study that can be checked number by number."""

__version__ = "0.1.0"
