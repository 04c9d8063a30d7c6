from .page import render as render
from .reading import read_study as read_study
from .text import text_table as text_table
