"""Exports of entities in the files of Google's tools: records, entities of the old API, and folders of them."""
