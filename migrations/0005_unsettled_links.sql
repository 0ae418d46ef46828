-- Since when a part of what both records showed is yet to be moved from one to the other.
alter table link add column unsettled_since bigint;
