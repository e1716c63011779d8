"""Operations that no model asks for: passes and the lowering make them. Each is imported when it is first asked for."""
