typedef int osl_no_indexer_yet;
