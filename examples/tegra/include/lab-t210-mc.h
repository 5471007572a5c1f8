/* Swgroups of the Tegra210 memory controller that this board uses; the numbers are the hardware's. */
#ifndef LAB_T210_MC_H
#define LAB_T210_MC_H

#define SWGROUP_DC		1
#define SWGROUP_DCB		2
#define SWGROUP_AFI		3
#define SWGROUP_HDA		5
#define SWGROUP_HC		6
#define SWGROUP_XUSB_HOST	12
#define SWGROUP_SDMMC1A		18
#define SWGROUP_SDMMC4A		21
#define SWGROUP_VIC		22
#define SWGROUP_VI		23

#endif
