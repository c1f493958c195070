"""Networks: who hears of the product from whom, where not everybody meets everybody."""
