from pipelines.report.text import text_table


def test_terminal_table_fits_80_columns(plain, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = text_table(plain).splitlines()
    assert max(map(len, lines)) <= 80
    assert sum("epoch 45" in line for line in lines) == 1
    assert sum("95 % interval  " in line for line in lines) == 2
