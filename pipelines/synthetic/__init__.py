"""Where further images come from: generators or controls, judges, teachers, choices."""
