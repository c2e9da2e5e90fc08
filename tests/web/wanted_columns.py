"""The columns that people look for in a list, and must see in a small window."""

IN_A_SMALL_WINDOW_PX = 965
"""A list in a window of 1280 px, beside the sidebar and a scrollbar that takes room."""
WANTED = {
    "/users": "Email, Full name, Plan, Status, Created, Credits, Calls (30 d), Last login",
    "/businesses": "Name, Owner, Industry, Phone, Calls (30 d), Status, Created",
    "/agents": "Name, Business, Tone, Voice, Language, Forwarding, Status",
    "/calls": "Time, Business, Caller, Duration, Status, Summary",
    "/appointments": "Start, Owner, Business, Customer, Title, Status, Source, Duration",
    "/billing/subscriptions": "Customer, Plan, Status, Period end, Cancels?",
    "/billing/invoices": "Customer, Number, Amount, Refunded, Status, Due, Paid",
    "/billing/refunds": "Customer, Date, Invoice, Amount, Reason, Status, Requested by",
    "/billing/usage": "Customer, Period, Used (min), Limit (min), Overage",
    "/billing/payment-methods": "Customer, Type, Last 4, Status, Default, Expires, Added",
    "/billing/grace-periods": "Customer, From, Until, Reason, Status",
    "/promotions": "Code, Stripe id, Users, Uses, Last used, Created",
    "/promotions/usages": "User, Action, Reason, Date, Invoice",
}
"""By the list's address."""
