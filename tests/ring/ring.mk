ring-model: | $(BUILD)/setup/test ## model-check the ring with more entries and restarts (some minutes)
	tests/ring/model.py --long

.PHONY: ring-model
