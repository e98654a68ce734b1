"""What lies outside: files, keys, mail, rule-book data. One function or small class each, no business."""
