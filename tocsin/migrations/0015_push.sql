-- Chats that are asked for what people answered, rather than calling us: how far each was read.

create table chat_positions (
    chat text primary key check (length(chat) between 1 and 50),
    -- The vendor's own word for it.
    position text not null check (length(position) between 1 and 2000),
    read_at timestamptz not null default clock()
);
