"""Papers for people: the committee report and packs, built from one release, written as HTML, PDF, DOCX and XLSX."""
