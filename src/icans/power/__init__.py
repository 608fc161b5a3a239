"""What a trial of so many patients could show: exact chances, and simulation through the whole pipeline."""
