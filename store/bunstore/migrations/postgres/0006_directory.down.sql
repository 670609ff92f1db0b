DROP TABLE activity_directory;

--bun:split

DROP TABLE activity_word;

--bun:split

DROP TABLE activity_name;
