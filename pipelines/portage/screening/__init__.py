"""A file of candidates judged: its verdicts, the file or workbook that gives them, comparison.

Reading the file is the business of ``candidates``."""
