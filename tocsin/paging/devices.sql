-- name: devices_at
-- Contact methods of a push address; people who share a device have one each.
select id, secret from contact_methods
where transport = 'webpush' and address = $1 and secret is not null for update

-- name: follow_devices
-- What is queued for a device goes to where it is now.
update deliveries d set address = m.address from contact_methods m
where m.id = any ($1::uuid[]) and d.contact_method_id = m.id and d.state = 'queued'

-- name: usable_again
-- The old address was gone; the new one is not.
delete from unusable_methods where contact_method_id = any ($1::uuid[])
