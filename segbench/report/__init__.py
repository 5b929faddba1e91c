"""Results for people: profiles, terminal tables, text exports."""
