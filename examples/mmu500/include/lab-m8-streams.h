/* Stream IDs of the Lab M8, as its manual lists them: ID and the bits that the SMMU is to ignore. */
#ifndef LAB_M8_STREAMS_H
#define LAB_M8_STREAMS_H

#define M8_SID_USB		0x0040
#define M8_SID_SDHC		0x0060
#define M8_SID_DMA(channel)	(0x0080 + (channel))
#define M8_SID_DISPLAY		0x0800
#define M8_SID_CAMERA		0x0c00
#define M8_SID_VIDEO		0x1080
#define M8_SID_AUDIO		0x1088

#endif
