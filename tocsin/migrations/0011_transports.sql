-- More ways to reach a person: what vendors tell later, and answers that come by telephone.

-- Nothing was sent by SMS before this version, so the index is empty when it is made.
-- squawk-ignore-file require-concurrent-index-creation

-- What a vendor told about a message after it had taken it. Kept, because it may come before our own note of the hand-over.
create table delivery_receipts (
    delivery_id uuid not null references deliveries on delete cascade,
    vendor_id text not null,
    outcome text not null check (outcome in ('delivered', 'failed')),
    at timestamptz not null default clock(),
    detail text not null default '',
    primary key (delivery_id, vendor_id, outcome)
);

-- "4", sent back by a telephone: which page was sent last to that number.
create index deliveries_by_number on deliveries (address, queued_at desc)
    where transport = 'sms' and purpose = 'page';
