"""Income beside own sales: advertising per active day and commission on orders."""
