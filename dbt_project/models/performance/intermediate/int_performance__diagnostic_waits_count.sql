-- One row per commissioner, month, code and measure: who waits for a diagnostic test.
{{ wait_count('diagnostic_waits', {'six_weeks_or_more': 'numerator', 'waiting': 'denominator'}) }}
