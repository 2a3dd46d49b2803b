ring-model: | $(BUILD)/setup/test ## model-check rings and streams with more entries, bytes and restarts (some minutes)
	tests/ring/model.py --long

.PHONY: ring-model
