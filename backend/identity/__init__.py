"""Who somebody is: applicants, staff, ways to sign in, logins and their tokens."""
