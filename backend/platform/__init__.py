"""What every feature stands on: database, machine, errors, jobs, auth, clock. Knows no feature."""
