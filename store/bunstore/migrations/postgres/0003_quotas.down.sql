DROP TABLE activity_quota_use;

--bun:split

DROP TABLE activity_quota_hold;

--bun:split

DROP TABLE activity_quota;
