"""What is written: plain text, Markdown and MDX, cut into passages that point to headings."""
