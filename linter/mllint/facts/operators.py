"""How operators are written."""

OPERATORS: dict[str, str] = {
    "Add": "+", "AddAssign": "+", "And": "and", "BitAnd": "&", "BitAndAssign": "&",
    "BitInvert": "~", "BitOr": "|", "BitOrAssign": "|", "BitXor": "^", "BitXorAssign": "^",
    "Divide": "/", "DivideAssign": "/", "Equal": "==", "FloorDivide": "//",
    "FloorDivideAssign": "//", "GreaterThan": ">", "GreaterThanEqual": ">=", "In": "in",
    "Is": "is", "IsNot": "is not", "LeftShift": "<<", "LeftShiftAssign": "<<",
    "LessThan": "<", "LessThanEqual": "<=", "MatrixMultiply": "@", "MatrixMultiplyAssign": "@",
    "Minus": "-", "Modulo": "%", "ModuloAssign": "%", "Multiply": "*", "MultiplyAssign": "*",
    "Not": "not", "NotEqual": "!=", "NotIn": "not in", "Or": "or", "Plus": "+", "Power": "**",
    "PowerAssign": "**", "RightShift": ">>", "RightShiftAssign": ">>", "Subtract": "-",
    "SubtractAssign": "-",
}  # fmt: skip
