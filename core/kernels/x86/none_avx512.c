typedef int osl_no_avx512_kernel_yet;
