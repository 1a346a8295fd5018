"""The check-up of a home, from its folders to its nights: nothing is written, mending is told.

One function a check, grouped by what they look at. What a room promises is kept by that room; here
it is only asked again."""
