-- One row per commissioner, month, code and measure: incomplete pathways of all its providers.
{{ wait_count('rtt_waiting_list', {'within_18': 'numerator', 'waiting': 'denominator', 'over_52': 'over_52'}) }}
