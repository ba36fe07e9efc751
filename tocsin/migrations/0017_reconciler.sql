-- The reconciler's own row: when it looked last, whichever process did; and what lets it look cheaply.

-- These indexes stay small: what failed, or waits for a send, is little. Building them holds writers up for a moment.
-- squawk-ignore-file require-concurrent-index-creation

create table reconciler (
    only_one boolean primary key default true check (only_one),
    ran_at timestamptz not null default clock(),
    -- Since the beginning: alerts whose paging it began again, and times that the clock was found to have gone back.
    resumed bigint not null default 0,
    clock_went_back bigint not null default 0
);
insert into reconciler default values;

create index escalations_failed on escalations (alert_id) where end_reason = 'failed';

-- The job of earlier versions.
delete from work where kind = 'paging.reconcile';
