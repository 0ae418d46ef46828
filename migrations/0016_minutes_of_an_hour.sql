-- The minutes in which something was done, for who knows the hour: where a filter leaves little, all else is passed over.
create index log_count_minute on log_count (connection, module, side, action, start_at) where span = 'minute';
