-- One row per commissioner, month, code and measure: patients of each cancer standard.
{{ wait_count('cancer_waits', {'within': 'numerator', 'total': 'denominator'}) }}
