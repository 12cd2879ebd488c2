"""Who is given to whom: the only place where the next resident and the next agent are chosen."""
