typedef int osl_no_segment_yet;
