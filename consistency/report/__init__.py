"""Telling: pandas frames -> matplotlib figures -> pages.

A Judgement (with its plan and manifest) comes in; report.html, report.md, summary.json, entities.csv and chart1.png go
out, beside the history. Read pages, then material, frames, figures, and sentences.

Only this part of the program imports pandas and matplotlib, so it is itself imported by the commands that draw.
"""
