include $(sort $(wildcard $(BR2_EXTERNAL_WORKMATE_PATH)/package/*/*.mk))
