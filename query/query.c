typedef int osl_no_query_yet;
