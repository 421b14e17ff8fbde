typedef int osl_no_avx2_kernel_yet;
