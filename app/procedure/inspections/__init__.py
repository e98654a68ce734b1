"""Double-random inspection (双随机、一公开): objects and inspectors are both drawn, items and results are published.

`items` are what is inspected and how often, `facts` what happens in a year of an authority, `state` their fold,
`pools` who and what is drawn from, `rules` their lawful order, `figures` what the results amount to.
"""
